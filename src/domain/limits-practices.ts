/** Limits of the practices around the gate: a part of `LIMITS`. Units last. */
export const PRACTICES_LIMITS = {
  /** Of one playbook, and of all of one run that it calls. */
  playbookBytesMax: 512 * 1024,
  playbookStepsMax: 300,
  /** Steps of a playbook with all that it calls. */
  playbookStepsInAllMax: 1_000,
  playbookTextCharsMax: 2_000,
  playbookLetterCharsMax: 8_000,
  playbookValueCharsMax: 2_000,
  playbookListMax: 50,
  playbookBranchesMax: 10,
  /** Branches in branches, parentheses in parentheses, and playbooks that call playbooks. */
  playbookDepthMax: 8,
  /** Objects and lists in each other: of a playbook there are less than ten. */
  playbookJsonDepthMax: 40,
  playbooksMax: 200,
  /** In one space; half of them for what starts by itself. */
  playbookRunsOpenMax: 100,
  playbookRunsShownMax: 200,
  /** Of those that are over. */
  playbookRunsKept: 100,
  /** One request of a playbook to control. */
  playbookCallMs: 60_000,
  /** Who drives a run says so this often; nobody else drives it until this long after the last time. */
  playbookDriverMs: 6_000,
  playbookLookMs: 2_000,
  /** How often who waits at a terminal is told. */
  playbookFollowMs: 200,
  /** Of one text in the report of a probe. */
  vendorEvidenceCharsMax: 300,
  /** Texts of one fact. */
  vendorFactsMax: 200,
  vendorToolsMax: 1_000,
  /** Pages of one list. */
  vendorPagesMax: 20,
  /** How long one permission to probe may be given for. */
  vendorPermissionMs: 366 * 24 * 60 * 60_000,
  /** Connections and requests, to one host. */
  vendorPerSecond: 5,
  vendorPerSecondMax: 20,
  vendorRequestsMax: 1_000,
  vendorAnswerMs: 10_000,
  /** Answers in a row that did not come in time: then it is asked no more. */
  vendorLateMax: 3,
  vendorAnswerBytesMax: 2 * 1024 * 1024,
  /** Everything that is asked of one endpoint. */
  vendorProbeMs: 15 * 60_000,
  vendorCertificateMs: 21 * 24 * 60 * 60_000,
  vendorSessionSamples: 20,
  /** What P11 sends: a body that is too large, one that is too deep, requests in a row, and how long it leaves a body unfinished. */
  vendorLargeBodyBytes: 5 * 1024 * 1024,
  vendorDeepJson: 20_000,
  vendorBurst: 30,
  vendorSlowBodyMs: 65_000,
  /** How long P16 waits for a fetch after it has got its answer. */
  vendorFetchMs: 2_000,
  rangeStartMs: 60_000,
  rangeEndMs: 5_000,
  /** How old what a killed run left behind is before it is erased. */
  rangeLeftMs: 60 * 60_000,
  rangeSaidCharsMax: 64 * 1024,
  rangeTokenMs: 60 * 60_000,
  /** Records of one scenario that its result shows. */
  redteamEvidenceMax: 40,
  mailReceiversMax: 100,
  mailSubjectCharsMax: 200,
  mailCharsMax: 256 * 1024,
  mailMs: 15_000,
  /** How long a job of control's own may take, and how often it is looked which are due. */
  jobMs: 10 * 60_000,
  jobLookMs: 2_000,
  /** How long a worker may not be heard of. */
  jobClaimMs: 5 * 60_000,
  jobSaysCharsMax: 300,
  redteamScenarioMs: 60_000,
  /** Attempts of the attacker that searches, in one run. */
  redteamAttemptsMax: 1_000,
  redteamReasonCharsMax: 400,
  /** What a model in place of the agent may do in one scenario, in one turn, and how long each answer may take and be. */
  redteamModelScenarioMs: 10 * 60_000,
  redteamModelTurnsMax: 20,
  redteamModelCallsMax: 8,
  redteamModelMs: 120_000,
  redteamModelBytesMax: 2 * 1024 * 1024,
  /** Of one space; older ones go. */
  redteamRunsKeptMax: 50,
  redteamScenariosMax: 2_000,
  redteamReportCharsMax: 8 * 1024 * 1024,
  /** Of one answer of a disclosure. */
  vendorAnswerCharsMax: 2_000,
  vendorListMax: 200,
  vendorDisclosureBytesMax: 1024 * 1024,
  /** How long one answer may be good for. */
  vendorAnswerLifeMs: 732 * 24 * 60 * 60_000,
  /** How long a link may stand open for a vendor. */
  vendorLinkMs: 90 * 24 * 60 * 60_000,
  vendorLinksMax: 100,
  /** Of one space. */
  vendorsMax: 2_000,
  vendorEndpointsMax: 100,
  vendorEventsMax: 200,
  /** Signals that one record tells of. */
  signalsOfRecordMax: 50,
  signalNameCharsMax: 300,
  /** What a correlator remembers of one rule in one space: so many different subjects, and of each so many signals. */
  correlatorSubjectsMax: 2_000,
  correlatorSignalsMax: 64,
  /** Of one space, in an hour; what is more joins those that are open, or is counted. */
  incidentsPerHourMax: 200,
  incidentsOpenMax: 1_000,
  /** Of one space; of more, those that were closed leave, the oldest first. */
  incidentsKeptMax: 2_000,
  incidentSignalRulesMax: 200,
  incidentTimelineMax: 300,
  incidentNamesMax: 100,
  incidentsShownMax: 500,
  incidentNotesMax: 200,
  /** What is read of the ledger to tell what something touched. */
  blastRecordsMax: 20_000,
  blastContextsMax: 50,
  /** Follower of the ledger: how long its turn lasts, and how often what it has read is kept. */
  exerciseAnswersMax: 200,
  exercisePackCharsMax: 256 * 1024,
  incidentTurnMs: 15_000,
  incidentFlushMs: 500,
  incidentBatchMax: 2_000,
  /** Records that are read once more after a start, so that rules remember what they waited for. */
  incidentReadAgainMax: 200_000,
  /** Of containments that hold, or are asked for, in one space. */
  containmentsMax: 2_000,
  /** Ended ones that a space shows beside them; all are on record. */
  containmentsEndedKept: 500,
  containmentMsMin: 60_000,
  containmentMsMax: 90 * 24 * 60 * 60_000,
  /** Where nobody says how long. */
  containmentMs: 24 * 60 * 60_000,
  /** How often control looks which have ended: replicas alike. */
  containmentLookMs: 5_000,
  /** How long a flow context that was dropped takes no calls: all that was open in it ends. */
  contextDropMs: 2_000,
  /** Things that a containment names one by one; of more it says how many. */
  containmentTouchedMax: 200,
  /** Snapshots that are looked through for what was approved before. */
  pinSnapshotsMax: 500,
  /** Items that one answer decides at once, of low severity alone. */
  reviewBulkMax: 20,
  /** Answers of one person in a minute; above the first number it is a finding, above the second it is refused. */
  reviewHastyPerMinute: 30,
  reviewPerMinuteMax: 60,
  /** Of one campaign; what is beyond it is said, and left for the next one. */
  reviewItemsMax: 20_000,
  /** Campaigns of one space that are open at once. */
  reviewsOpenMax: 3,
  reviewsKeptMax: 100,
  /** After which a campaign that is due is closed, whatever is still to be done. */
  reviewGraceMs: 14 * 24 * 60 * 60_000,
  /** How long a suggestion is tried against what was recorded. */
  reviewSuggestionMs: 60_000,
  /** Findings of one campaign that go on record one by one. */
  reviewFindingsMax: 200,
} as const;
