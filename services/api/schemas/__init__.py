"""What requests and responses look like on the wire; unknown members are refused everywhere."""
