package import ControlStore

/// What a run that has ended says of indexes and constraints that are not back.
package enum StructuresOff {
    /// One sentence with the command that helps; nil where nothing is off.
    package static func text(_ objects: [SuspendedRecord], run: Int) -> String? {
        let structures = objects.filter { !$0.isTrigger }
        guard !structures.isEmpty else { return nil }
        let keys = structures.filter { $0.kind == "foreign key" }.count
        let counts = [(structures.count - keys, "index", "indexes"), (keys, "foreign key", "foreign keys")]
            .filter { $0.0 > 0 }.map { "\($0.0) \($0.0 == 1 ? $0.1 : $0.2)" }.joined(separator: " and ")
        return
            "\(counts) OFF since the load: godwit constraints restore \(run) brings \(structures.count == 1 ? "it" : "them") back"
    }
}
