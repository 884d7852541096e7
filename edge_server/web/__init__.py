"""What an operator sees of a running server, over HTTP: metrics, probes, the fleet. Nothing here changes anything."""
