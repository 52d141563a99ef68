#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace refold::bench {

/// What can happen.
enum class Act : std::uint8_t {
  like,
  follow,
  post,
  repost,
  remove,
  block,
  profile,
  post_edit,
  thread_gate,
  post_gate,
  list_item,
  foreign,
  identity,
  account,
};

struct Share {
  Act act;
  double share;
};

/// How often. Shares add up to 1. (The gates belong to a post of the same commit, and so does its
/// key.)
inline constexpr std::array<Share, 14> mix = {{
    {Act::like, 0.5200},
    {Act::post, 0.1500},
    {Act::follow, 0.1200},
    {Act::remove, 0.1000},
    {Act::repost, 0.0900},
    {Act::block, 0.0035},
    {Act::profile, 0.0040},
    {Act::identity, 0.0025},
    {Act::account, 0.0015},
    {Act::thread_gate, 0.0015},
    {Act::post_gate, 0.0005},
    {Act::list_item, 0.0015},
    {Act::post_edit, 0.0002},
    {Act::foreign, 0.0048},
}};

/// Collections that records are deleted from, and how they share the deletes of what was created
/// before the window.
struct Deletable {
  std::string_view collection;
  double share;
};
inline constexpr std::array<Deletable, 4> deletables = {{
    {"app.bsky.feed.like", 0.40},
    {"app.bsky.graph.follow", 0.30},
    {"app.bsky.feed.post", 0.20},
    {"app.bsky.feed.repost", 0.10},
}};
inline constexpr double deletes_of_older_share = 0.20;

/// What the records of a lexicon look like, roughly.
enum class Shape : std::uint8_t {
  play,     ///< some titles and a link
  status,   ///< an emoji
  article,  ///< a page of text
  brew,     ///< references, numbers and a note
};
struct Lexicon {
  std::string_view collection;
  Shape shape;
};
/// Other people's lexicons, the most frequent first.
inline constexpr std::array<Lexicon, 40> foreign_lexicons = {{
    {"fm.teal.alpha.feed.play", Shape::play},
    {"chat.bsky.actor.declaration", Shape::status},
    {"app.bsky.graph.starterpack", Shape::brew},
    {"social.arabica.alpha.brew", Shape::brew},
    {"blue.flashes.feed.post", Shape::status},
    {"place.stream.chat.message", Shape::status},
    {"xyz.statusphere.status", Shape::status},
    {"sh.tangled.feed.star", Shape::status},
    {"social.pinksky.app.preference", Shape::status},
    {"com.whtwnd.blog.entry", Shape::article},
    {"pub.leaflet.document", Shape::article},
    {"app.rocksky.scrobble", Shape::play},
    {"events.smokesignal.calendar.rsvp", Shape::brew},
    {"sh.tangled.repo.issue", Shape::article},
    {"my.skylights.rel", Shape::play},
    {"blue.linkat.board", Shape::brew},
    {"fyi.unravel.frontpage.vote", Shape::status},
    {"app.popsky.review", Shape::play},
    {"social.psky.feed.post", Shape::status},
    {"pub.leaflet.comment", Shape::status},
    {"sh.tangled.knot.member", Shape::status},
    {"net.anisota.feed.draft", Shape::status},
    {"place.stream.livestream", Shape::play},
    {"community.lexicon.calendar.event", Shape::play},
    {"app.skyspace.lol.page", Shape::article},
    {"buzz.bookhive.book", Shape::play},
    {"exchange.recipe.recipe", Shape::article},
    {"social.grain.photo", Shape::play},
    {"social.grain.gallery", Shape::brew},
    {"blue.zio.atfile.upload", Shape::play},
    {"app.sidetrail.trail", Shape::article},
    {"org.simocracy.proposal", Shape::article},
    {"com.shinolabs.pinksea.oekaki", Shape::brew},
    {"dev.regnault.webfishing.savefile", Shape::article},
    {"link.pastesphere.snippet", Shape::article},
    {"chat.roomy.message", Shape::status},
    {"win.tomo-x.pushat.allow", Shape::status},
    {"work.on.sky.profile", Shape::status},
    {"uk.skyblur.post", Shape::status},
    {"im.flushing.right.now", Shape::status},
}};

}  // namespace refold::bench
