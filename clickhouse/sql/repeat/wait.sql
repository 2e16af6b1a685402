-- Is anything under this token still at work? It is told to stop, and the answer comes when it has. token String.
KILL QUERY
WHERE Settings['insert_deduplication_token'] = {token:String}
SYNC
