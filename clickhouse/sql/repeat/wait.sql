-- Is anything under this token still at work? It is told to stop, and the answer comes when it has.
-- token String; tag String: what stands for the token in the names of tables aside.
KILL QUERY
WHERE Settings['insert_deduplication_token'] = {token:String}
    OR position(query, {tag:String}) > 0
SYNC
