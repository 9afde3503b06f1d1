-- What was settled lately is found by when the answers were given.
CREATE INDEX agreement_event_by_time ON agreement_event (made_at);
