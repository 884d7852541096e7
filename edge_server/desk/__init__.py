"""What happens to a message between the gateway and the reply; one thread owns all that is known of the devices."""
