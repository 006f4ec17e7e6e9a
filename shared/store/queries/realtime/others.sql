-- Whether connections in others' hands have events waiting or are to be closed. $1 customer, $2 connections that this transaction has
SELECT EXISTS (
    SELECT FROM connections c
    WHERE c.customer_id = $1 AND c.id <> ALL ($2)
      AND (NOT is_admitted(c)
           OR EXISTS (SELECT FROM pushes p WHERE p.customer_id = c.customer_id AND p.connection_id = c.id))) AS others
