"""When services move to a standby and back: what edges see, what follows from it, and nothing that flaps. Pure."""
