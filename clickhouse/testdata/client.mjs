// Asks one question with ClickHouse's own JavaScript client and writes the rows, a line each, fields parted by tabs.
import { createClient } from "@clickhouse/client";

const { URL: url, READER: username, PASSWORD: password, QUERY: query, INDICATOR: id } = process.env;
const client = createClient({ url, username, password, database: "auyl" });
try {
  const answer = await client.query({ query, query_params: { id }, format: "JSONEachRow" });
  for (const row of await answer.json()) {
    console.log(Object.values(row).map((v) => (v === null ? "\\N" : String(v))).join("\t"));
  }
} finally {
  await client.close();
}
