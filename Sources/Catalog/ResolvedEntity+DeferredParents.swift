import RowPipeline

extension ResolvedEntity {
    /// The entities its deferred references point at.
    package var deferredParents: [String] {
        let operations = self.fill?.program.outputs.map(\.operation) ?? []
        return operations.flatMap { operation -> [String] in
            guard case .reference(let reference) = operation else { return [] }
            return reference.alternatives.map(\.entity)
        }
    }
}
