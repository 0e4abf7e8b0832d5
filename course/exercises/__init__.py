"""One folder for each exercise: a pure model, its steps and scoring, and what is seen."""
