/**
 * What a word is for, in twelve languages (en de fr es pt it nl ru ar zh ja ko). A word that ends in `*` stands for every
 * word that begins so, which is how most of these languages inflect. Kinds mean the role that a word has in an order to a
 * model, nothing more: `tell` is what one may be forbidden, `talk` what was said before.
 */
const WORDS = {
  deny: `don't never without noneed avoid nicht nichts niets niemals kein* ohne ne jamais sans nunca sin jamás não sem mai senza niet nooit zonder geen не
    никогда без нельзя لا دون بدون 不要 不得 切勿 请勿 勿 無需 无需 不必 不会 ないで なく ないこと せず ずに ない なしに 마세요 말고 마라 말아 않고 없이 않습니다 않아`,
  tell: `tell telling mention mentioning inform informing reveal revealing disclose disclosing notify notifying alert alerting sag* erwähn* inform*
    mitteil* verrat* verrät offenbar* zeig* melde* dire dis dites mentionn* révél* divulg* montr* averti* parle parler parlez digas decir diga mencion* revel*
    muestr* mostrar avis* dizer mostre dica menzion* rivel* mostr* avvis* vertel* zeg noem* meld* toon* говори* сообща* упомина* раскрыва*
    показыва* рассказыва* уведомля* تخبر تذكر تكشف 告诉 告知 提及 提到 透露 通知 展示 显示 言わ 言う 伝え 知らせ 教え 言及 開示 表示 見せ 말하지 말하 알리 알려 언급 공개 보여`,
  say: `sag sage erwähne verrate melde vertel zeg meld`,
  user: `user users user's human person customer operator benutzer* nutzer* anwender* utilisat* usuari* usuári* utilizador* utent* gebruiker* пользовател*
    المستخدم* 用户 使用者 ユーザー 利用者 사용자 유저`,
  silent: `silently quietly discreetly secretly covertly surreptitiously stealthily heimlich unauffällig unbemerkt stillschweigend silencieusement
    discrètement secrètement silenciosamente discretamente secretamente silenziosamente segretamente stilletjes heimelijk тайно незаметно
    скрытно سرا 悄悄 静默 秘密地 暗中 偷偷 默默 密かに こっそり 黙って 몰래 은밀히 조용히`,
  ignore: `ignore ignoring overriding replacing superseding supersedes overrides disregard forget override bypass ignorier* missacht* vergiss ignor*
    oubli* olvid* esqueç* esquec* dimentic* negeer* vergeet игнорир* проигнорир* забудь* تجاهل 忽略 无视 忽视 無視 忘れ 무시 잊`,
  setaside: `ignorez oubliez oublie ignora ignorad olvida olvide olvidad esqueça esqueçam dimentica dimenticate ignorate`,
  previous: `previous prior earlier above preceding existing former original vorherig* bisherig* früher* obig* précédent* antérieur* anterior* previ*
    precedent* vorige eerdere voorgaande предыдущ* прежн* السابق* 之前 先前 以前 以上 前面 これまで 前の 上記 이전 앞선 기존`,
  order: `instruction instructions rules guideline guidelines directive directives prompt prompts restrictions safeguards anweisung* instruktion*
    regeln richtlinien consigne* règles instruccion* reglas instruç* regras istruzion* regole instructies regels инструкц* указани* правил*
    التعليمات 指令 指示 规则 提示词 命令 ルール 지시 지침 규칙 policies policy checks`,
  must: `must always required mandatory obligated shall necessary essential imperative muss müssen musst immer unbedingt zwingend doit devez dois
    toujours obligatoire* debe debes siempre obligatori* deve deves sempre obrigatóri* devi obbligatori* moet altijd verplicht должен должны
    обязательно всегда необходимо يجب دائما 必须 务必 一定要 总是 始终 必ず 常に なければ 반드시 항상 꼭`,
  first: `before prior first beforehand bevor zuerst vorher avant d'abord abord antes primero primeiro prima innanzitutto voordat eerst alvorens перед
    прежде сначала قبل 之前 首先 前に まず 最初に 전에 먼저 우선`,
  call: `call calls calling called invoke invoked invoking invocation run running use using used execute executing executed trigger aufruf*
    aufgerufen verwend* nutz* benutz* ausführ* appel* utilis* exécut* llam* usar uso ejecut* invoc* cham* execut* chiam* usare esegu* aanroep*
    gebruik* вызов* вызыва* использ* استدع* استخدم* 调用 使用 运行 执行 呼び出 使用する 使う 実行 호출 사용하기 사용 실행`,
  tool: `tool tools function functions plugin herramient* werkzeug* funktion* outil* fonction* función funcion* ferrament* funç* strument* funzion*
    functie* hulpmiddel* инструмент* функци* الأداة أداة 工具 函数 ツール 関数 도구 함수 툴`,
  other: `any every all other others another each jede* alle* andere* tout* autre* chaque cualquier* tod* otr* cada qualquer outr* qualsiasi ogni altr* tutt*
    elke alle люб* друг* кажд* все* أي أخرى 任何 其他 所有 每次 每个 他の すべて 全て あらゆる 任意の 다른 모든 어떤`,
  act: `action actions request requests operation operations task tasks step steps message messages session conversation aktion* anfrag* schritt*
    requête* demande* acción* petición* solicitud* ação* pedido* azion* richiest* actie* verzoek* действи* запрос* 操作 请求 任务 動作 リクエスト 操作の 작업 요청`,
  read: `read open load fetch get retrieve cat access collect gather extract dump lies lese* öffne* lis lire lisez ouvr* lee leer lea abr* leia ler
    legg* apri* lees lezen прочита* прочти* читай* открой* اقرأ 读取 阅读 打开 获取 読み 読んで 開いて 取得 읽 열어 가져와`,
  send: `send sending post upload uploading forward forwarding transmit exfiltrate leak relay submit bcc send* schick* übermittel* weiterleit*
    hochlad* envoy* transmet* transfér* envía envíe enviar reenv* enví* envie encaminh* invia* inoltr* stuur* verstuur* verzend* отправ* перешл*
    пересыл* передай* أرسل 发送 上传 转发 发给 提交到 送信 転送 アップロード 보내 전송 업로드`,
  mailing: `email mail copy`,
  put: `include including pass passed passing place put add save store append attach insert embed provide supply fill write populate prepend mets mettre insérez
    inclu* insér* passez passe mettez placez inclua incluya incluye pase pon* coloque* insira includi* inserisci* passa metti voeg* plaats* geef füge
    übergib* einfüg* добав* включ* помест* переда* укаж* ضع أدرج 放入 填入 附加 包含 传入 传递 写入 含め 入れて 入れる 渡し 追加 포함 넣 전달 추가`,
  talk: `conversation chat history transcript dialogue dialog messages chats convo gespräch* unterhaltung* verlauf chatverlauf historique conversaci*
    historial convers* histórico conversazion* cronologia gesprek* geschiedenis переписк* диалог* истори* бесед* разговор* المحادثة 对话 聊天记录 聊天
    历史记录 会话 会話 履歴 チャット 대화 채팅 기록`,
  secret: `password passwords passphrase passcode credential credentials secrets apikey cookie cookies bearer mnemonic passwor* zugangsdaten geheim*
    passe identifiants contraseñ* credencial*
    clave claves senha* credenci* chaves credenzial* wachtwoord* парол* ключ* 密码 密钥 凭证 凭据 私钥 パスワード 秘密鍵 認証情報 비밀번호 자격 키를`,
  model: `assistant assistants agent agents ai llm llms model models chatbot claude gpt chatgpt gemini copilot cursor assistent* ki ia asistente*
    assistente* ассистент* модел* ии المساعد 助手 模型 智能体 アシスタント モデル 어시스턴트 모델 ai는`,
  slot: `argument arguments parameter parameters param field header parámetro* paramètre* parâmetro* parametro* параметр* 参数 引数 パラメータ 매개변수 인자`,
  target: `recipient recipients address receiver beneficiary destination bcc cc iban payee phone amount empfänger* destinataire* destinatari*
    получател* 收件人 收款人 宛先 受取人 수신자 받는 account`,
  swap: `replace replaced replacing change swap swapped substitute substituted redirect redirected reroute rewritten override overridden set ersetz*
    remplac* reemplaz* cambi* substitu* sostitui* vervang* замен* 替换 改为 更改 置き換え 変更 교체 변경 바꾸`,
  deprecated: `deprecated obsolete disabled broken unavailable insecure stale outdated unreliable retired compromised unsafe removed superseded replaced
    veraltet obsolet* obsolète obsoleto* устарел* 已弃用 弃用 过时 非推奨 廃止 더이상 inaccurate incorrect wrong unverified`,
  instead: `instead solely exclusively`,
  this: `this here dieses ce cet cette este esta esto isto questo questa dit deze этот это 本工具 此工具 このツール 이도구`,
  only: `only sole`,
  out: `out off`,
  note: `note notes notice message guidance reminder memo hinweis remarque nota opmerking примечание 注意 备注 注記 참고`,
  asked: `asked requested wants specified said given`,
  download: `curl wget iwr invoke-webrequest`,
  interpreter: `sh bash zsh powershell python python3 eval`,
  prefer: `prefer choose select pick favor favour preferred bevorzug* wähl* préfér* choisi* prefier* elij* prefir* escolh* preferisc* scegli* предпоч*
    выбира* 优先 选择 優先 選択 우선적 선택`,
  over: `over ahead rather instead than`,
  best: `best superior fastest verified trusted authoritative official complete reliable accurate safest recommended preferred ultimate definitive`,
  ask: `ask asking confirm confirming confirmation approval consent permission prompting frag* nachfrag* rückfrag* bestätig* demander confirm*
    pregunt* pergunt* chied* vragen bevestig* спрашива* подтвержд* 询问 确认 同意 尋ね 確認 묻 확인`,
  skip: `skip skips bypass omit already preapproved pre-approved agreed authorized`,
  regardless: `regardless irrespective whatever`,
  should: `should`,
  keep: `keep stay stays remain remains kept hide hidden`,
  inside: `internal hidden invisible`,
  reply: `reply response output answer visible summary respuesta resposta réponse antwort 回复 回答 返答 응답`,
  do: `do perform execute handle proceed complete this`,
  when: `when whenever if once after every each upon while 当 とき 때`,
  connected: `connected server loaded initialised initialized installed listed enabled session startup`,
  fetched: `text contents content value values data output result full entire complete whole verbatim 内容 全部 全文 内容を 전체 내용`,
  wise: `otherwise failure fails fail failing invalid rejected`,
  pretext: `compliance policy protocol licensing license audit regulation gdpr hipaa initialisation initialization continuity telemetry validation
    verification`,
  cause: `for to by per because required satisfy`,
  route: `route reroute redirect redirected send forward handled delegate`,
  show: `show showing report expose say display acknowledge explain`,
  token: `token tokens key keys`,
  changed: `updated changed modified upgraded migrated`,
  called: `called invoked executed used run`,
  sent: `sent posted forwarded uploaded delivered`,
  your: `your`,
  system: `system`,
  reason: `reasons reason purposes purpose`,
  future: `future`,
  installer: `pip pip3 npm npx brew apt`,
  safety: `safety security moderation ethical content`,
  obey: `adopt obey follow comply treat assume persona`,
  sends: `sends transmits uploads forwards posts reports shares`,
  leave: `leave omit`,
  valid: `hold holds apply applies valid binding`,
  void: `void revoked lifted suspended`,
  outrank: `outrank outranks outweigh outweighs trump trumps overrule overrules`,
  repeat: `repeat recite reproduce`,
  configured: `configured instructed prompted`,
  gather: `analytics telemetry diagnostics usage metrics`,
} as const;

export type WordKind = keyof typeof WORDS | 'path' | 'url' | 'mail' | 'code' | 'name' | 'value';

/** Scripts that put no space between words: their words are looked for inside a run of letters. */
export const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
const STEM_MIN = 3;
const STEM_MAX = 12;

const exact = new Map<string, WordKind[]>();
const stems = new Map<string, WordKind[]>();
const unspaced = new Map<string, WordKind[]>();

for (const [kind, words] of Object.entries(WORDS)) {
  for (const word of words.split(/\s+/)) {
    const into = UNSPACED.test(word) ? unspaced : word.endsWith('*') ? stems : exact;
    const key = word.replace(/\*$/, '');
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of WORDS are kinds; Object.entries forgets it
    into.set(key, [...(into.get(key) ?? []), kind as WordKind]);
  }
}

const unspacedLongest = Math.max(...Array.from(unspaced.keys(), (word) => word.length));

/** The kinds of a word in lower case. */
export function kindsOf(word: string): readonly WordKind[] {
  const found = exact.get(word);
  const inflected = stemKinds(word);
  if (found === undefined || inflected === undefined) return found ?? inflected ?? NONE;
  return [...new Set([...found, ...inflected])];
}

const NONE: readonly WordKind[] = [];

function stemKinds(word: string): readonly WordKind[] | undefined {
  for (let length = Math.min(word.length, STEM_MAX); length >= STEM_MIN; length -= 1) {
    const kinds = stems.get(word.slice(0, length));
    if (kinds !== undefined) return kinds;
  }
  return undefined;
}

/** The known word that begins at `at` in a run without spaces; the longest. */
export function wordInRun(run: string, at: number): { readonly length: number; readonly kinds: readonly WordKind[] } | undefined {
  for (let length = Math.min(unspacedLongest, run.length - at); length >= 1; length -= 1) {
    const kinds = unspaced.get(run.slice(at, at + length));
    if (kinds !== undefined) return { length, kinds };
  }
  return undefined;
}
