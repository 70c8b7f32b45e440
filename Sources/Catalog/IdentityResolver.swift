package import MigrationPlan
package import RowPipeline

/// Follows `same_as` and turns the plan's strategies into what computes UUIDs.
package struct IdentityResolver {
    var plan: Plan

    package init(plan: Plan) {
        self.plan = plan
    }

    /// The identity of an entity; nil where the plan's loader must have found an error (a cycle, a missing tag).
    package func identity(of entity: EntityPlan) -> EntityIdentity? {
        // Nobody asks for its UUIDs: the target has none of them.
        if entity.id == nil { return EntityIdentity(strategy: .v4, owner: entity.name) }
        var owner = entity
        var seen: Set<String> = [entity.name]
        while case .sameAs(let name) = owner.identity {
            guard seen.insert(name).inserted, let next = self.plan.entity(named: name) else { return nil }
            owner = next
        }
        guard let strategy = self.strategy(of: owner) else { return nil }
        return EntityIdentity(strategy: strategy, owner: owner.name)
    }

    private func strategy(of owner: EntityPlan) -> EntityIdentity.Strategy? {
        switch owner.identity {
        case .ordered:
            guard let tag = owner.tag, let namespace = UUIDValue(self.plan.uuid.namespace) else { return nil }
            return .ordered(tag: tag, seed: EntitySeed.derive(namespace: namespace, entity: owner.name))
        case .v5:
            guard let namespace = UUIDValue(self.plan.uuid.namespace) else { return nil }
            return .v5(namespace: namespace.bytes)
        case .v4: return .v4
        case .v7: return .v7
        case .stored: return .stored
        case .sameAs: return nil
        }
    }
}
