"""What control decides, and what follows from it: pure, and replayable from the journal.

`decide(state, command, facts)` gives events or a refusal, `evolve(state, event)` the next state, and
`react(state, event)` what is to be done about it. Revisions on one side, mitigations on the other, touch no
field of the state in common: their events commute, which is why a mitigation never waits for a revision.
"""
