package import Scheduling

extension ShardPlanner {
    /// Ranges of an entity, as far as its statistics tell.
    package func ranges(of statistics: SourceStatistics) -> [PlannedRange] {
        guard let steps = statistics.steps else {
            return self.ranges(
                rows: Int(statistics.rows),
                bytes: Int(statistics.bytes),
                bounds: statistics.bounds,
                isScattered: statistics.isScattered
            )
        }
        return self.ranges(
            bounds: statistics.bounds,
            steps: steps.map { Step(rows: Int($0.rows), bytes: Int($0.bytes)) },
            isScattered: statistics.isScattered
        )
    }
}
