"""The watch: reports and samples in, findings and mitigations out, within a budget of its own."""
