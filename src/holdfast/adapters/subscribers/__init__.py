"""The status site's subscribers: who they are, what they were told, the pages that they see, and their letters."""
