"""The analyser as control sees it: a process that is started, fed, asked, measured, and ended when it does harm."""
