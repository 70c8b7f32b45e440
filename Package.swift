// swift-tools-version:6.2

import PackageDescription

/// Settings every target is built with; warnings are errors so that none can gather.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    .treatAllWarnings(as: .error),
]

/// A floor of the house: a target that imports only the floors named in `below`.
func floor(_ name: String, below: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: below, swiftSettings: settings)
}

func tests(_ name: String, of below: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: below, swiftSettings: settings)
}

let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let yaml = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "godwit",
    products: [.executable(name: "godwit", targets: ["godwit"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
        .systemLibrary(name: "CCrypto", providers: [.apt(["libssl-dev"])]),

        floor("Postgres", below: ["CLibPQ"]),
        floor("Messaging", below: ["CZeroMQ"]),
        floor("Observability", below: [logging]),
        floor("MigrationPlan", below: ["CCrypto", yaml]),
        floor("RowPipeline", below: ["CCrypto"]),
        floor("Scheduling"),
        floor("Catalog", below: ["Postgres", "MigrationPlan", "RowPipeline", "Scheduling"]),
        floor("ControlProtocol", below: ["Scheduling"]),
        floor("ControlStore", below: ["Postgres", "Scheduling"]),
        floor("Preflight", below: ["Catalog", "MigrationPlan", "Postgres", "Scheduling"]),
        floor(
            "Worker",
            below: [
                "Postgres", "Messaging", "Observability", "MigrationPlan", "RowPipeline", "Catalog", "Scheduling",
                "ControlProtocol", "ControlStore", logging,
            ]
        ),
        floor(
            "Coordinator",
            below: [
                "Postgres", "Messaging", "Observability", "MigrationPlan", "RowPipeline", "Catalog", "Scheduling",
                "ControlProtocol", "ControlStore", "Preflight", logging,
            ]
        ),
        .executableTarget(
            name: "godwit",
            dependencies: [
                "Postgres", "Messaging", "Observability", "MigrationPlan", "RowPipeline", "Catalog", "Scheduling",
                "ControlProtocol", "ControlStore", "Preflight", "Worker", "Coordinator", arguments, logging,
            ],
            swiftSettings: settings
        ),

        .target(
            name: "PostgresFixture",
            dependencies: ["Postgres"],
            path: "Tests/PostgresFixture",
            swiftSettings: settings
        ),
        .target(name: "FrameFuzz", path: "Tests/FrameFuzz", swiftSettings: settings),
        // Loads a coordinator: scripts/fuzz-router, scripts/test-curve-herd and scripts/benchmark-scheduler run it.
        .executableTarget(
            name: "RouterLoad",
            dependencies: ["Messaging", "ControlProtocol", "Scheduling", "Postgres", "FrameFuzz", arguments],
            path: "Tests/RouterLoad",
            swiftSettings: settings
        ),
        tests("PostgresTests", of: ["Postgres", "PostgresFixture"]),
        tests("MessagingTests", of: ["Messaging"]),
        tests("ObservabilityTests", of: ["Observability"]),
        tests("MigrationPlanTests", of: ["MigrationPlan"]),
        tests("RowPipelineTests", of: ["RowPipeline", "Postgres", "PostgresFixture"]),
        tests("SchedulingTests", of: ["Scheduling"]),
        tests("ControlProtocolTests", of: ["ControlProtocol", "FrameFuzz"]),
        tests("ControlStoreTests", of: ["ControlStore", "Postgres", "PostgresFixture"]),
        tests(
            "CatalogTests",
            of: ["Catalog", "MigrationPlan", "RowPipeline", "Postgres", "PostgresFixture", "Scheduling"]
        ),
        tests("PreflightTests", of: ["Preflight", "Catalog", "MigrationPlan", "Postgres", "PostgresFixture"]),
        tests(
            "CoordinatorTests",
            of: ["Coordinator", "Messaging", "MigrationPlan", "ControlProtocol", "ControlStore", "Scheduling"]
        ),
        tests(
            "godwitTests",
            of: [
                "godwit", "Coordinator", "ControlStore", "Scheduling", "Catalog", "MigrationPlan", "Preflight",
                "Postgres",
            ]
        ),
        tests("WorkerTests", of: ["Worker", "ControlProtocol", "Postgres", "Scheduling"]),
        tests("EndToEndTests", of: ["ControlStore", "Scheduling", "Postgres", "PostgresFixture", "godwit"]),
    ]
)
