"""The production detector, policy and engine over virtual time, against modelled edges: everything from one seed.

`traffic` draws what clients send, `edges` model what is let through and what it does to others, `control` is the
production code, `stories` are played one by one and checked, `crowd` is many tenants for a long time.
"""
