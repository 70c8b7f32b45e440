import Catalog
import Postgres
import RowPipeline

extension Databases {
    /// Copies an entity as a worker would, without parents; returns what was rejected.
    func copy(_ entity: ResolvedEntity, of plan: ResolvedPlan) throws -> [RejectedRow] {
        let identities = Dictionary(uniqueKeysWithValues: plan.entities.map { ($0.name, $0.identity) })
        var transformer = try RowTransformer(
            program: entity.program,
            identities: identities,
            environment: TransformEnvironment(entity: entity.name)
        )
        try self.source.execute("SET search_path TO \(plan.sourceSearchPath)")
        try self.source.copyOut(entity.copyOutStatement(lower: nil, upper: nil))
        var received = ByteBuffer()
        while case .more = try self.source.readCopy(into: &received, until: .max) {}
        var sent = CopyBuffer()
        var rejects: [RejectedRow] = []
        var counters = RowCounters(columns: entity.program.outputs.count)
        sent.beginCopy()
        transformer.beginStream()
        _ = try transformer.transform(received.bytes, into: &sent, rejects: &rejects, counters: &counters)
        sent.endCopy()
        try self.target.copyIn(entity.copyInStatement)
        try sent.forEachPiece(of: received.bytes) { (piece) throws(PostgresError) in
            try self.target.writeCopy(piece)
        }
        try self.target.endCopy()
        return rejects
    }
}
