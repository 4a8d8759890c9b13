"""The drill rogue-monitor: bad builds of the analyser are deployed, and no request notices."""
