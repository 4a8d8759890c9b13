"""The drill provider-loss: a site that services run at is lost in every way that sites are, and comes back."""
