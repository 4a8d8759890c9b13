"""Delta xDS: what control serves to agents, and agents to their Envoys. Costs follow what changed."""
