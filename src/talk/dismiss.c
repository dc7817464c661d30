/* Of talk.h: one of a group is hung up on, or banned. */
#include <config.h>

#include <sys/socket.h>

#include <string.h>

#include "base/descriptor.h"
#include "call/opening.h"
#include "talk/inside.h"

/* The key that it has shown, or an empty text. */
static const char *
key_of(const struct party *p)
{
	return party_is_linked(p) ? p->whom.key : p->trust.fingerprint;
}

/* From now on nobody is let in who has its key or, if it has shown none, who calls from where it does. */
static void
ban(struct party *p)
{
	const char *key = key_of(p);

	bans_add(&p->talk->room->bans, *key != '\0' ? key : p->peer.host);
	if (*key != '\0')
		talk_notice(p->talk, VOICE_NOTICE, "the key of %s is banned: %s", p->peer.name, key);
	else
		talk_notice(p->talk, VOICE_NOTICE, "%s is banned, and all who call from there", p->peer.host);
}

/* Hangs up on it: who is not here yet is refused, who is about to go is not waited for. */
static void
hang_up(struct party *p, bool bans)
{
	switch (p->state) {
	case PARTY_AGREEING:
	case PARTY_ASKED:
		if (!p->question_put) { /* else it is told that the key was not accepted */
			party_announce(p);
			talk_notice(p->talk, VOICE_NOTICE, "hanging up on %s", p->peer.name);
		}
		party_refuse(p, "");
		break;
	case PARTY_TALKING:
		room_dismiss(p, bans);
		party_close(p, TALK_LEAVE_MS);
		break;
	case PARTY_CLOSING:
		party_hang_up(p);
		break;
	case PARTY_MET:
	case PARTY_REAPING:
	case PARTY_OVER:
		break;
	}
}

/* Those with a key that is banned now are not asked about any more. */
static void
refuse_banned(struct talk *t)
{
	for (struct party *p = talk_next(t, NULL); p != NULL; p = talk_next(t, p))
		if (p->state == PARTY_ASKED && bans_have(&t->room->bans, key_of(p)))
			hang_up(p, true);
}

void
talk_dismiss(struct talk *t, unsigned id, bool bans)
{
	struct party *p = talk_next(t, NULL);

	while (p != NULL && p->id != id)
		p = talk_next(t, p);
	if (p == NULL || t->room == NULL)
		return;
	if (bans)
		ban(p);
	hang_up(p, bans);
	if (bans)
		refuse_banned(t);
	talk_follow(t);
}

bool
talk_bars(struct talk *t, const struct peer *peer)
{
	struct opening closed = opening_closed(t->base->call->tls);

	if (t->room == NULL || !bans_have(&t->room->bans, peer->host))
		return false;
	(void)send(peer->socket, closed.bytes, closed.length, MSG_DONTWAIT | MSG_NOSIGNAL);
	socket_part(peer->socket);
	talk_turn_away(t, peer);
	return true;
}
