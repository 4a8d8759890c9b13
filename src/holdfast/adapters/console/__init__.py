"""The live console: pages rendered here, kept up to date by server-sent events, for people in a browser."""
