"""What is seen: shared controls, figures and cards. Only views import this."""
