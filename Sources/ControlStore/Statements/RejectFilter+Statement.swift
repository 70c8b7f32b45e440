import Postgres
import Scheduling

extension RejectFilter {
    /// The SQL condition of a filter on `godwit.rejects AS reject`, over ``parameters(_:)``.
    static let condition = """
        reject.run_id = $1::uuid AND reject.id > $2::bigint
               AND ($3::text IS NULL OR reject.entity = $3::text)
               AND ($4::text IS NULL OR reject.reason = $4::text)
               AND ($5::boolean OR reject.resolved_at IS NULL)
               AND ($6::text IS NULL OR reject.column_name = $6::text)
               AND ($7::bigint IS NULL OR reject.shard_id = $7::bigint)
               AND ($8::bigint IS NULL OR reject.source_key BETWEEN $8::bigint AND $9::bigint)
               AND ($10::bigint[] IS NULL OR reject.id = ANY ($10::bigint[]))
        """

    func parameters(_ run: RunID) -> [QueryParameter] {
        [
            .run(run), .integer(self.after), .text(self.entity?.rawValue), .text(self.reason),
            .bool(self.includesResolved), .text(self.column), .integer(self.shard?.rawValue),
            .integer(self.keys?.lowerBound), .integer(self.keys?.upperBound),
            self.identifiers.map { .integers($0) } ?? .null,
        ]
    }
}
