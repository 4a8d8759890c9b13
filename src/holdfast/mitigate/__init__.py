"""Findings and policy to mitigations: what is done, what it would cost whom, how it is undone, who is shed first.

`plan_steps` is the whole policy; it climbs, watches what is in force, releases it, and gives `Step` values. `predict`
foretells what a measure would do to traffic. `steer` sheds by criticality where a location is short of capacity.
"""
