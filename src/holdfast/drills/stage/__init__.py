"""What drills are played on: cores set apart, a Holdfast of their own, services with their usual traffic."""
