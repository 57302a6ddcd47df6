/** Every page: htmx, words that aren't lost, fragments that stay fresh; the editor only where somebody writes. */

import { startFilteringClauses } from "./page/clause_filter";
import { connect } from "./page/connection";
import { connectLiveDrafts, startLiveDrafts } from "./page/live_drafts";
import { startSendingMessages } from "./page/messages";
import { names } from "./page/names";
import { startCitingPassages } from "./page/passages";
import { startGuardingPastes } from "./page/paste_guard";
import { startRecallCountdown } from "./page/recall";
import { references } from "./page/references";
import { startRefreshing } from "./page/refresh";
import { startRequests } from "./page/requests";
import { startShowingMessages } from "./page/said";
import { startSeances } from "./page/seance";
import { startArrangingAgendas } from "./page/seance_agenda";
import { startSuggesting } from "./page/suggesting";
import { startAskingForTicks } from "./page/ticks";
import { startKeepingTypedText } from "./page/typed_text";
import { startWall } from "./page/wall";
import { told } from "./page/words";

// Drafts first: their listener of « submit » must hold a form back before another sends it.
startLiveDrafts();
startAskingForTicks();
startFilteringClauses();
startSeances();
startSendingMessages();
startRequests();
startKeepingTypedText();
startRefreshing();
startShowingMessages();
startCitingPassages();
startSuggesting(names, references);
startGuardingPastes();
startRecallCountdown();
startArrangingAgendas();
startWall();

const person = told("person");
// The projected view is nobody's in particular: it follows the table all the same.
if (told("socket-token") && (person || told("negotiation"))) {
  void connect().then((socket) => connectLiveDrafts(socket, person ?? ""));
}
