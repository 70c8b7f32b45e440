import Catalog
import ControlStore
import RowPipeline
import Scheduling

/// Compares the UUIDs that the workers compute with those of the installed SQL functions, before a row is written.
struct IdentityProof {
    let plan: ResolvedPlan

    /// Both ends of the range, the sign change, a container's edge and ordinary ids.
    private static let keys: [Int64] = [
        OrderedUUID.keys.lowerBound, -65_537, -1, 0, 1, 42, 65_535, 65_536, 2_147_483_648, OrderedUUID.keys.upperBound,
    ]

    /// - Throws: `CoordinatorError` naming the first entity and key on which the two disagree, `ControlStoreError`.
    func check(with store: ControlStore) async throws {
        for entity in self.plan.entities {
            let computed: [UUIDValue?]
            switch entity.identity.strategy {
            case .ordered(let tag, let seed):
                let identity = OrderedUUID(tag: tag, seed: seed)
                computed = Self.keys.map { identity.uuid(of: $0) }
            case .v5(let namespace):
                guard let namespace = UUIDValue(bytes: namespace) else { continue }
                var identity = NamedUUID(namespace: namespace, owner: entity.identity.owner)
                computed = Self.keys.map { identity.uuid(of: $0) }
            case .v4, .v7, .stored:
                continue
            }
            let installed = try await store.identities(of: EntityName(rawValue: entity.name), keys: Self.keys)
            for (key, (expected, found)) in zip(Self.keys, zip(computed, installed))
            where expected?.description != found.uuid {
                throw CoordinatorError(
                    .runFailed,
                    """
                    godwit.uuid('\(entity.name)', \(key)) is \(found.uuid ?? "NULL") in the target where a worker computes \
                    \(expected?.description ?? "nothing"): the functions in schema godwit are not this version's
                    """
                )
            }
        }
    }
}
