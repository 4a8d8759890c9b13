"""What people watch: the console's and the metrics' questions, answered from control and the watch as they are now."""
