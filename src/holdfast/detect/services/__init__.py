"""What is judged of services: surges, bad answers, silence, and how much room they have."""
