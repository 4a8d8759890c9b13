"""What edges report: what is new in it, and what it says of services, locations and the edges themselves."""
