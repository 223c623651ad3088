"""What a deployment needs for so many images a second."""
