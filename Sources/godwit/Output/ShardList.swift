import ControlStore
import Scheduling

/// Shards as `godwit shards` lists them.
struct ShardList {
    var shards: [ShardRecord]

    /// The table; under a shard that is not done its last error, whole.
    func lines(width: Int?) -> [String] {
        let table = self.table
        let rows = table.lines(width: width)
        var lines =
            rows.prefix(1)
            + zip(self.shards, rows.dropFirst())
            .flatMap { shard, row in
                shard.state == .done || shard.errorText.isEmpty
                    ? [row] : [row] + shard.errorText.wrapped(to: width, indent: 4)
            }
        lines += table.omission(width: width)
        if self.shards.contains(where: { $0.state == .failed }) {
            lines += ["", "godwit shard show ID tells more; godwit retry ID… tries again"]
        }
        return Array(lines)
    }

    private var table: TextTable {
        var table = TextTable([
            .left("shard"), .left("entity"), .left("kind", spared: 0), .left("keys", spared: 6), .left("state"),
            .right("attempt", spared: 2), .right("source", spared: 1), .right("migrated", spared: 7),
            .right("rejected", spared: 8), .right("time", spared: 3), .left("worker", spared: 4),
        ])
        for shard in self.shards {
            table.add([
                shard.id.description, shard.entity.rawValue, shard.kind.rawValue, shard.keysText, shard.state.rawValue,
                "\(shard.attempt)", Figures.count(shard.counters.sourceRows), Figures.count(shard.counters.migrated),
                Figures.count(shard.counters.rejected), shard.seconds.map(Figures.duration) ?? "",
                shard.worker?.rawValue ?? "",
            ])
        }
        return table
    }
}
