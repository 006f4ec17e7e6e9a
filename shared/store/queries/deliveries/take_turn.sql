-- $1 subject, $2 seconds between two turns, $3 maximum of turns at once
SELECT take_turn($1, $2, $3) AS wait
