"""ResourceConsumers: who takes what, when it is delivered, and to where."""
