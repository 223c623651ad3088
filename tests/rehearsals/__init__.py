"""What operators do, and what befalls them, with several of everything: done here, under load."""
