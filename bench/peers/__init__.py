"""Other proxies to stand beside, configured as somebody who knows them would: the templates lie here."""
