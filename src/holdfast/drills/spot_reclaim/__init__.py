"""The drill spot-reclaim: machines are taken back, without notice, with it, and then all of them at once."""
