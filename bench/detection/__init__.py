"""How fast, how soon, how right and how quiet detection is: `python -m bench.detection`."""
