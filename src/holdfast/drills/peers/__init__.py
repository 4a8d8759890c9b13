"""Other people's means against attacks, played and scored by the same drill: HAProxy, fail2ban, Prometheus."""
