"""The product as a black box: started as its users start it, and asked over HTTP."""
