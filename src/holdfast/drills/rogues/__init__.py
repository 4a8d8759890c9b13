"""Builds of the analyser that work well for a while and then do harm, each in a way of its own."""
