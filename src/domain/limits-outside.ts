/** Limits of what looks, and of what is kept, outside the gate: a part of `LIMITS`. Units last. */
export const OUTSIDE_LIMITS = {
  walkDepthMax: 10,
  walkFoldersMax: 200_000,
  walkEntriesMax: 2_000_000,
  walkMs: 60_000,
  clientFileBytesMax: 20 * 1024 * 1024,
  clientFileTwiceMax: 100,
  clientYamlCharsMax: 1024 * 1024,
  /** Of one file. */
  clientServersMax: 1_000,
  /** Of one pattern of the table of clients, in one place. */
  clientFilesOfPatternMax: 5_000,
  clientFoldersMax: 5_000,
  clientCharsOfHomeMax: 512 * 1024 * 1024,
  /** Of one project folder, or of one home that is searched for projects. */
  projectDepthMax: 12,
  assetKeyCharsMax: 500,
  /** Of one run of one sensor. */
  observationsMax: 100_000,
  unseenShownMax: 200,
  logChunkBytes: 256 * 1024,
  /** Of one line; longer ones are skipped, never held. */
  logLineBytesMax: 256 * 1024,
  /** Of a line of a format that is known by a pattern. */
  logTextLineCharsMax: 32 * 1024,
  /** Of one log, unpacked. */
  logFileBytesMax: 1024 * 1024 * 1024 * 1024,
  /** Of an administrator's export, which is read whole. */
  exportBytesMax: 64 * 1024 * 1024,
  exportNodesMax: 2_000_000,
  /** A packed log of so little may unpack to so much, and each further byte to so many: logs pack 10 to 50 times. */
  logUnpackedMin: 64 * 1024 * 1024,
  logUnpackedRatioMax: 100,
  logServersMax: 20_000,
  logAddressesMax: 50_000,
  /** Sources, people and programs that are remembered of one server. */
  logNamesMax: 100,
  /** After that much time a thing that no sensor saw again counts as gone, and a server that nobody uses as orphaned. */
  assetStaleMs: 14 * 24 * 60 * 60_000,
  assetOrphanedMs: 30 * 24 * 60 * 60_000,
  advisoriesMax: 10_000,
  /** The tables of what ages as text, which a request to control carries whole. */
  knowledgeCharsMax: 2 * 1024 * 1024,
  knowledgeVersionsMax: 10,
  /** How often a gateway looks what its detectors are to be made of, and says by what it inspects; and how long control believes that. */
  detectionLookMs: 5_000,
  detectionHeardMs: 20_000,
  /** Of a change of secret rules, so many names go on record. */
  detectionNamedMax: 50,
  assetsShownMax: 5_000,
  assetIgnoredMsMax: 366 * 24 * 60 * 60_000,
  /** Of one report to control; the rest comes in the next. */
  observationsReportedMax: 500,
  /** What the inventory of one space keeps, and of that what one reporter may have brought. */
  evidenceMax: 50_000,
  evidenceByReporterMax: 20_000,
  evidenceGoneMs: 90 * 24 * 60 * 60_000,
  /** Between two comparisons that go on record; what is asked for is compared at once. */
  inventorySettleMs: 2_000,
  inventoryRecordsMax: 200,
  inventoryLookMs: 10 * 60_000,
  sensorBeatMsMin: 1_000,
  /** Of one sensor, on record. */
  sensorStopsPerHourMax: 20,
  sensorSilenceLookMs: 5_000,
  sensorBeatMsMax: 60 * 60_000,
  /** What waits on the disk of a sensor that control cannot be reached from. */
  sensorReportsMax: 200,
  sensorQueueBytesMax: 64 * 1024 * 1024,
  managedSettingsBytesMax: 8 * 1024 * 1024,
  /** Of one act on a client's file, of one report of a watcher. */
  fileActServersMax: 200,
  fileDifferencesMax: 20,
  filePathCharsMax: 1_024,
  watchesMax: 10_000,
  /** How often a watcher of files says that it is there. */
  watchBeatMsMin: 5_000,
  watchBeatMsMax: 60 * 60_000,
  /** How often control looks which of them were not heard. */
  watchLookMs: 2_000,
  /** What one target file of `discover network` may name, for how long, and how fast it is done. */
  networkTargetsMax: 1_000,
  networkAddressesMax: 65_536,
  networkPortsMax: 100,
  networkTargetsMs: 92 * 24 * 60 * 60_000,
  networkPerSecond: 400,
  networkPerHostPerSecond: 20,
  networkPerSecondMax: 2_000,
  networkOpenMax: 250,
  networkConnectMs: 1_000,
  networkAnswerMs: 3_000,
  /** Everything that is asked of one port. */
  networkPortMs: 20_000,
  networkAnswerBytesMax: 64 * 1024,
  networkToolsMax: 500,
  /** Of what `config watch` looks after: files, folders that are heard of, servers of one file, and of what is told later. */
  watchedFilesMax: 5_000,
  watchedFoldersMax: 1_000,
  watchedEntriesMax: 1_000,
  watchEveryMs: 60_000,
  watchQueueMax: 10_000,
  watchRevertsPerMinuteMax: 5,
  watchReportsPerMinuteMax: 60,
  hostProcessesMax: 50_000,
  hostArgumentsMax: 1_000,
  hostArgumentsBytesMax: 64 * 1024,
  hostDescriptorsMax: 100_000,
  hostSocketTableBytesMax: 16 * 1024 * 1024,
  hostBinaryBytesMax: 128 * 1024 * 1024,
  hostAskMs: 20_000,
  hostAskBytesMax: 32 * 1024 * 1024,
  hostArchiveTableBytesMax: 16 * 1024 * 1024,
  hostContainersMax: 10_000,
  hostScriptBytesMax: 8 * 1024 * 1024,
  hostPackagesPerFolderMax: 20_000,
  gitAlternatesMax: 16,
  gitPacksMax: 1_000,
  gitObjectsMax: 10_000_000,
  gitDeltasMax: 300,
  gitReferencesBytesMax: 64 * 1024 * 1024,
  gitTreeBytesMax: 32 * 1024 * 1024,
  gitEntriesMax: 1_000_000,
  gitDepthMax: 64,
  codeFilesMax: 500_000,
  codeFileBytesMax: 2 * 1024 * 1024,
  codeLockBytesMax: 32 * 1024 * 1024,
  codeDependenciesMax: 500,
  codeLockedMax: 100_000,
  codeMs: 5 * 60_000,
  repositoriesMax: 10_000,
} as const;
