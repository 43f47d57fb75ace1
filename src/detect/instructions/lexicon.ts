/**
 * What a word does in an order to a model, in fifteen languages (en de fr es pt it nl pl ru tr ar hi zh ja ko). A word that
 * ends in `*` stands for every word that begins so, which is how most of these languages inflect. `address` is what a mail
 * address or a URL begins with.
 */
const WORDS = {
  dismiss: `ignore ignoring disregard disregarding forget forgetting ignorez ignorer oubliez oublie oublier ignora
    ignorad olvida olvide olviden olvidad ignoriere ignorieren ignoriert vergiss vergesst missachte* ignorar ignorem
    esqueça esqueçam esquece dimentica dimenticate ignorate negeer vergeet ignoruj zignoruj zapomnij игнорируй*
    проигнорируй* забудь* تجاهل تجاهلي تجاهلوا انس अनदेखा नजरअंदाज भूल yoksay unut görmezden 忽略 无视 無視 忽视 忘记 忘掉 忘れ 무시
    잊어 잊고`,
  before: `previous previously prior above earlier preceding foregoing former initial original anterior* previ*
    précédent* antérieur* vorherig* vorig* bisherig* obig* früher* vorangegangen* precedent* eerdere bovenstaande
    voorgaande poprzedni* wcześniejsz* powyższ* предыдущ* прежн* السابقة السابقه सابق पिछले पिछली पूर्व önceki
    yukarıdaki 之前 以前 上述 先前 前面 以上 此前 これまで 前の 上記 이전 앞의 위의 앞선 지금까지`,
  all: `all any every everything other todas todos toutes tous tout alle alles tutte tutti wszystkie wszelkie все всю
    जمیع जميع جميع كل सभी सब tüm bütün 所有 全部 一切 任何 すべて 全て 모든`,
  your: `your vos votre ton ta tes tus sus deine deinen ihre ihren suas seus tue tuoi vostre jouw je uw swoje twoje твои ваши свои
    تعليماتك अपने kendi 你的 您的 あなたの 너의 당신의`,
  order: `instruction instructions directive directives prompt prompts guideline guidelines orders commands
    instruccion* consigne* anweisung* instruktion* befehl* istruzion* instruç* ordens opdracht* instructies instrukcj*
    poleceni* инструкц* указани* команд* التعليمات تعليمات الأوامر निर्देश निर्देशों आदेश* talimat* komut* 指示 指令 命令
    提示词 提示 プロンプト 지시 지시사항 명령 지침 프롬프트`,
  rule: `rules programming constraints restrictions safeguards policies training regeln reglas règles regras regole
    regels zasady правила правил kural* 规则 限制 ルール 規則 규칙 제한`,
  follow: `follow obey adhere comply execute perform heed befolge* folge suivez suivre sigue siga obedece segui siga
    volg wykonaj postępuj следуй* выполни* выполняй* اتبع نفذ पालन uygula izle 遵循 遵守 执行 従って 従え 따르 따라 수행`,
  only: `only strictly exclusively instead solely uniquement strictement solo únicamente nur ausschließlich
    stattdessen apenas somente soltanto invece alleen uitsluitend tylko wyłącznie только вместо فقط केवल sadece
    yalnızca 仅 只 严格 のみ だけ 대신 만`,
  following: `following below next suivante* siguiente* folgende* seguinte* seguent* volgende następując*
    следующ* التالية निम्नलिखित aşağıdaki 以下 下列 下面 次の 다음`,
  negate: `not no never don dont without nor nicht niemals ohne kein* nichts niets ne jamais sans pas nunca sin jamás não sem nunca
    non mai senza niet nooit zonder nie nigdy bez не никогда без لا ولا دون بدون नहीं मत बिना asla olmadan söyleme 不要 不得
    切勿 别 勿 不会 ないで せずに ずに なく 말고 마세요 않고 없이`,
  tell: `tell telling mention mentioning inform informing reveal revealing disclose disclosing notify notifying alert
    alerting warn warning erwähn* informier* mitteil* sage sagen verrat* dire dites mentionn* inform* révél* prévenir
    decir diga digas dirlo mencion* avisar avis* dizer conte dica dire menzion* avvis* vertel* meld* zeg mów wspomin*
    inform* powiad* говори* сообща* упомина* уведомл* تخبر تذكر बताए बताना बताओ उल्लेख söyle* bildir* haber 告诉 告知 提及
    提到 透露 通知 知らせ 伝え 言及 教え 알리 말하 언급 통지`,
  say: `sag sage erwähne verrate melde vertel zeg meld verklap powiedz mów nämn`,
  user: `user users human customer operator anyone anybody owner benutzer* nutzer* anwender* utilisat* usuari* usuári*
    utilizador* utent* gebruiker* użytkownik* пользовател* المستخدم उपयोगकर्ता* kullanıcı* 用户 使用者 ユーザー 利用者 사용자`,
  send: `send forward upload post email transmit exfiltrate leak submit sende* schick* leite envoy* transfér* envía
    envíe envia enviar reenv* envie encaminh* manda mandar invia* inoltr* stuur* verstuur* wyślij prześlij отправ*
    перешл* أرسل ارسل भेज* भेजें gönder* ilet 发送 上传 转发 发给 发到 送信 転送 送って 보내 전송 업로드`,
  secret: `password passwords credential credentials secret secrets apikey keys token tokens passwor* zugangsdaten
    passwörter mots identifiants contraseñ* credencial* claves senha* credenci* chaves credenzial* chiavi wachtwoord*
    hasł* парол* ключ* كلمات كلمة पासवर्ड* parola* şifre* 密码 密钥 凭证 凭据 パスワード 認証情報 비밀번호 비밀키 키를`,
  talk: `conversation history transcript chat messages emails inbox contacts documents files database gespräch*
    verlauf conversaci* historial conversa* histórico conversazion* gesprek* rozmow* переписк* истори* المحادثة बातचीत
    konuşma* sohbet* 对话 聊天记录 会话 会話 履歴 대화 기록`,
  model: `assistant assistants ai llm chatbot chatgpt gpt claude gemini copilot agent assistent* ki ia asistente
    assistente asystent* ассистент* ии المساعد सहायक asistan* yapay 助手 智能体 アシスタント 어시스턴트`,
  you: `you vous tú usted ustedes du sie você tu voi jij ty вы ты أنت आप तुम sen siz 你 您 あなた 당신 너는`,
  attention: `important urgent attention critical priority wichtig achtung importante urgente atención atenção
    attenzione belangrijk ważne uwaga важно внимание срочно مهم عاجل महत्वपूर्ण önemli dikkat 重要 注意 紧急 緊急 중요 긴급`,
  message: `message note notice reminder memo nachricht hinweis mensaje aviso mensagem messaggio bericht wiadomość
    сообщение رسالة संदेश mesaj 消息 通知 メッセージ 메시지`,
  sooner: `before prior bevor avant antes prima voordat zanim прежде قبل पहले önce 之前 前に 전에`,
  first: `first zuerst zunächst d'abord abord primero primeiro prima eerst najpierw сначала أولا पहले önce 首先 先 まず 最初に
    먼저`,
  task: `goal role objective mission task tasks request question job aufgabe tâche tarea tarefa compito taak zadani*
    задач* задание المهمة कार्य görev* 任务 タスク 작업 과제`,
  system: `system hidden initial secret internal system* sistema système systeem системн* النظام सिस्टम sistem 系统 システム
    시스템`,
  show: `reveal print show repeat output display print share write zeige gib montre affiche répète muestra repite
    mostre repita mostra ripeti toon herhaal pokaż powtórz покажи* выведи* повтори* اعرض كرر दिखाओ दिखाएं göster
    tekrarla 显示 输出 重复 打印 表示 出力 繰り返 보여 출력 반복`,
  now: `now henceforth immediately jetzt ab désormais maintenant ahora agora ora nu teraz теперь отныне الآن अब artık
    şimdi 现在 从现在 今から これから 지금부터 이제`,
  free: `unrestricted unfiltered uncensored jailbroken dan amoral unlimited uneingeschränkt restrictionless unbound`,
  call: `call invoke run use execute trigger`,
  tool: `tool tools function functions`,
  must: `must should need shall required`,
  new: `new updated real actual true sole main neue neuen nouvelle* nueva* nova* nuova* nieuwe nowe новы* الجديدة नए
    yeni 新的 新 新しい 새로운`,
  address: ``,
} as const;

export type WordKind = keyof typeof WORDS;

/** Each kind is one bit. */
export const KIND: Readonly<Record<WordKind, number>> = bits();

/** Han, Kana and Hangul: their words are looked for inside a run of letters. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

/** Kinds of whole words and of beginnings, by the hash that the reader makes of them; and of words inside unspaced runs. */
export const EXACT = new Map<number, number>();
export const STEMS = new Map<number, number>();
export const RUNS = new Map<string, number>();
export const STEM_CHARS_MIN = 3;
export const STEM_CHARS_MAX = 12;

for (const [kind, words] of Object.entries(WORDS)) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of WORDS are kinds; Object.entries forgets it
  const bit = KIND[kind as WordKind];
  for (const word of words.split(/\s+/).filter((one) => one !== '')) {
    const key = word.replace(/\*$/, '');
    if (UNSPACED.test(word)) RUNS.set(key, (RUNS.get(key) ?? 0) | bit);
    else if (word.endsWith('*')) STEMS.set(hashOf(key), (STEMS.get(hashOf(key)) ?? 0) | bit);
    else EXACT.set(hashOf(key), (EXACT.get(hashOf(key)) ?? 0) | bit);
  }
}

function bits(): Readonly<Record<WordKind, number>> {
  const kinds = Object.keys(WORDS);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every kind gets its bit
  return Object.fromEntries(kinds.map((kind, at) => [kind, 2 ** at])) as Record<WordKind, number>;
}

function hashOf(word: string): number {
  let hash = 0;
  for (let at = 0; at < word.length; at += 1) hash = hashUnit(hash, word.charCodeAt(at));
  return hash;
}

/** One more unit of a word. */
export function hashUnit(hash: number, unit: number): number {
  return (Math.imul(hash ^ unit, 0x01000193) + 0x7f4a7c15) | 0;
}
