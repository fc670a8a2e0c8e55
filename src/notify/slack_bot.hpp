#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "model/channel.hpp"
#include "notify/http_notifier.hpp"

namespace healer {

/// Place of an incident's message: "C123ABC456 1503435956.000247". `replied`: id of the notification whose
/// reply is posted while the message is not updated yet; 0: none.
struct SlackThread {
  std::string channel;
  std::string ts;
  std::uint64_t replied = 0;
  bool operator==(const SlackThread&) const = default;
};

/// Writes a thread as a receipt, and reads it; empty optional if the text is no such receipt.
std::string slack_receipt(const SlackThread& thread);
std::optional<SlackThread> slack_thread(const std::string& receipt);

/// The answer of Slack's Web API: the HTTP status is 200 even for most errors; "ok" and "error" in the body
/// decide. Limits, outages and migrations are tried again, other errors are refused.
struct SlackReply {
  Sent sent;
  std::string error;   ///< "channel_not_found"; empty: ok, or no answer from Slack
  SlackThread thread;  ///< of the posted message
};
SlackReply slack_reply(Result<net::CurlAnswer> answer, const Secret& token);

/// A Slack app's bot (scope chat:write). The first notification of an incident is a message. Later ones are
/// replies in its thread, and update the message to the newest state:
///
///   receipt                       | done                                     | then the receipt is
///   ------------------------------+------------------------------------------+--------------------------
///   none                          | chat.postMessage                         | channel, ts
///   channel, ts                   | chat.postMessage with thread_ts          | channel, ts, notification
///   channel, ts, the notification | chat.update (the reply is there already) | channel, ts
///
/// If the thread is gone (deleted, archived), a new message starts a new thread. If the message cannot be
/// updated, it stays as it is: the reply is delivered. If healer is killed between Slack's answer and its
/// record, a second message or reply follows.
///
/// Both requests together stay within the channel's timeout.
Result<std::unique_ptr<Notifier>> make_slack_bot_notifier(HttpChannel channel,
                                                          const SlackBotChannel& settings);

}  // namespace healer
