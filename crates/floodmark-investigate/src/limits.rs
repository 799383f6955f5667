//! Every limit of the investigator's questions, in one place.
