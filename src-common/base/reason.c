/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/reason.h"

#include <string.h>

/* Marks a text for the catalogues of po/; front ends translate it where they show it. */
#define N_(text) text

typedef struct {
    const char *token;
    const char *title;
    const char *hint;
    ExitCode exit_code;
    gboolean is_transient;
} ReasonRow;

static const ReasonRow rows[REASON_COUNT] = {
    [REASON_NONE] = {"none", N_("Nothing went wrong"), "", EXIT_OK, FALSE},
    [REASON_USER_REQUEST] = {"user-request", N_("Disconnected on request"), "", EXIT_OK, FALSE},
    [REASON_NAME_RESOLUTION] =
        {"name-resolution", N_("The gateway's name could not be found"),
         N_("Check the name in the profile and that this computer is online."), EXIT_UNREACHABLE,
         TRUE},
    [REASON_NETWORK_UNREACHABLE] = {"network-unreachable", N_("There is no route to the gateway"),
                                    N_("Connect to a network first."), EXIT_UNREACHABLE, TRUE},
    [REASON_GATEWAY_NOT_LISTENING] =
        {"gateway-not-listening", N_("The gateway's host refuses VPN packets"),
         N_("Check the gateway's name; the VPN service there may be switched off."),
         EXIT_UNREACHABLE, TRUE},
    [REASON_GATEWAY_SILENT] =
        {"gateway-silent", N_("The gateway does not answer"),
         N_("This network may block VPN (UDP ports 500 and 4500): try another one, such as a phone "
            "hotspot. If that does not help, ask the administrator whether the gateway is up."),
         EXIT_UNREACHABLE, TRUE},
    [REASON_UDP4500_BLOCKED] =
        {"udp4500-blocked", N_("The gateway answers on UDP port 500 but not on 4500"),
         N_("A firewall on the way blocks UDP port 4500: try another network or ask its operator."),
         EXIT_UNREACHABLE, TRUE},
    [REASON_UDP500_BLOCKED] =
        {"udp500-blocked", N_("The gateway answers on UDP port 4500 but not on 500"),
         N_("A firewall on the way blocks UDP port 500: try another network or ask its operator."),
         EXIT_UNREACHABLE, TRUE},
    [REASON_IPSEC_BLOCKED] =
        {"ipsec-blocked", N_("UDP reaches the gateway's host, but not on the ports of the VPN"),
         N_("A firewall on the way or at the gateway blocks UDP ports 500 and 4500: try another "
            "network, such as a phone hotspot, or ask its operator."),
         EXIT_UNREACHABLE, TRUE},
    [REASON_FRAGMENTS_DROPPED] =
        {"fragments-dropped", N_("Large messages do not reach the gateway"),
         N_("This network drops large packets: set ike.fragmentation to force, name fewer "
            "ike.proposals, or use main mode."),
         EXIT_UNREACHABLE, TRUE},
    [REASON_CAPTIVE_PORTAL] =
        {"captive-portal", N_("This network wants a login before it lets anything through"),
         N_("Open any page in a web browser, log in to the network there, then connect again."),
         EXIT_UNREACHABLE, TRUE},
    [REASON_OTHER_VPN] =
        {"other-vpn", N_("Another VPN takes the packets to the gateway, and no answer comes"),
         N_("Disconnect the other VPN, or have it leave the gateway's address out. The details "
            "name its interface."),
         EXIT_UNREACHABLE, TRUE},
    [REASON_LOCAL_FIREWALL] =
        {"local-firewall", N_("A firewall on this computer drops what goes to the gateway"),
         N_("Allow UDP to ports 500 and 4500 of the gateway; as root, nft list ruleset shows the "
            "rules."),
         EXIT_UNREACHABLE, TRUE},
    [REASON_PORT_IN_USE] =
        {"port-in-use", N_("Another program on this computer uses the UDP port of the profile"),
         N_("Stop that program, which may be another VPN client such as charon, pluto or racoon, "
            "or set ike.local-port to 0."),
         EXIT_UNREACHABLE, TRUE},
    [REASON_WRONG_EXCHANGE] = {"wrong-exchange",
                               N_("The gateway does not answer to aggressive mode"),
                               N_("Set connection.mode to main, or check the group name "
                                  "(identity.own-id): gateways often "
                                  "ignore groups that they do not know."),
                               EXIT_PROPOSAL, FALSE},
    [REASON_PROPOSAL_REJECTED] =
        {"proposal-rejected", N_("The gateway accepts none of the offered algorithms"),
         N_("Set the gateway's algorithms, key exchange group, exchange mode and authentication in "
            "the profile; old gateways often need group 2, which must be named there."),
         EXIT_PROPOSAL, FALSE},
    [REASON_PROTOCOL_ERROR] = {"protocol-error", N_("The gateway broke the protocol"),
                               N_("Send a report to the gateway's administrator."), EXIT_ACTIVATION,
                               FALSE},
    [REASON_GATEWAY_CERT_MISSING] = {"gateway-cert-missing", N_("The gateway sent no certificate"),
                                     N_("Ask the administrator to let the gateway send its "
                                        "certificate."),
                                     EXIT_CERTIFICATE, FALSE},
    [REASON_GATEWAY_CERT_UNTRUSTED] =
        {"gateway-cert-untrusted",
         N_("The gateway's certificate was not issued by the profile's CA"),
         N_("Do not type your password. Ask the administrator for the right CA certificate and put "
            "it "
            "into the profile."),
         EXIT_CERTIFICATE, FALSE},
    [REASON_GATEWAY_CERT_EXPIRED] =
        {"gateway-cert-expired", N_("The gateway's certificate has expired"),
         N_("Check this computer's date; otherwise the administrator must renew the certificate."),
         EXIT_CERTIFICATE, FALSE},
    [REASON_GATEWAY_CERT_NOT_YET_VALID] = {"gateway-cert-not-yet-valid",
                                           N_("The gateway's certificate is not valid yet"),
                                           N_("Check this computer's date and time."),
                                           EXIT_CERTIFICATE, FALSE},
    [REASON_CLOCK_WRONG] =
        {"clock-wrong", N_("This computer's date cannot be right"),
         N_("Set date and time, then connect again: certificates cannot be checked without them."),
         EXIT_CERTIFICATE, FALSE},
    [REASON_GATEWAY_CERT_NAME] =
        {"gateway-cert-name", N_("The gateway's certificate is for another name"),
         N_("Somebody may pretend to be your gateway. If the administrator confirms the name that "
            "the "
            "certificate shows, set it as gateway identity in the profile."),
         EXIT_CERTIFICATE, FALSE},
    [REASON_GATEWAY_CERT_USAGE] = {"gateway-cert-usage",
                                   N_("The certificate may not be used by a gateway"),
                                   N_("It looks like a user's certificate: ask the administrator."),
                                   EXIT_CERTIFICATE, FALSE},
    [REASON_GATEWAY_CERT_REVOKED] = {"gateway-cert-revoked",
                                     N_("The gateway's certificate has been revoked"),
                                     N_("Do not connect; ask the administrator."), EXIT_CERTIFICATE,
                                     FALSE},
    [REASON_GATEWAY_CERT_WEAK] =
        {"gateway-cert-weak", N_("The gateway's certificate uses a weak key or signature"),
         N_("The administrator should issue one with RSA 2048 bits or more and SHA-256."),
         EXIT_CERTIFICATE, FALSE},
    [REASON_GATEWAY_CERT_CHANGED] =
        {"gateway-cert-changed", N_("The gateway's certificate is not the one that was pinned"),
         N_("Ask the administrator whether the certificate was renewed; if so, remove the pin from "
            "the profile and connect again."),
         EXIT_CERTIFICATE, FALSE},
    [REASON_GATEWAY_CERT_REFUSED] = {"gateway-cert-refused",
                                     N_("The gateway's certificate was not accepted"),
                                     N_("Set the gateway's identity in the profile, or accept the "
                                        "certificate when asked."),
                                     EXIT_CERTIFICATE, FALSE},
    [REASON_GATEWAY_AUTH_FAILED] = {"gateway-auth-failed",
                                    N_("The gateway could not prove who it is"),
                                    N_("With a group password: check it. With a certificate: the "
                                       "gateway's key does not fit its "
                                       "certificate; ask the administrator."),
                                    EXIT_AUTH_REFUSED, FALSE},
    [REASON_GROUP_REJECTED] = {"group-rejected", N_("The gateway does not accept the group"),
                               N_("Check the group name and the group password in the profile."),
                               EXIT_AUTH_REFUSED, FALSE},
    [REASON_CLIENT_CERT_REJECTED] = {"client-cert-rejected",
                                     N_("The gateway does not accept this computer's certificate"),
                                     N_("Check that the certificate is valid and issued by the CA "
                                        "that the gateway trusts."),
                                     EXIT_AUTH_REFUSED, FALSE},
    [REASON_AUTH_USER_REJECTED] =
        {"auth-user-rejected", N_("The gateway refused the user name or password"),
         N_("Check both and try again; after several failures the account "
            "may be locked for a while."),
         EXIT_AUTH_REFUSED, FALSE},
    [REASON_AUTH_CHALLENGE_FAILED] = {"auth-challenge-failed", N_("The gateway refused the code"),
                                      N_("Try again with a fresh code."), EXIT_AUTH_REFUSED, FALSE},
    [REASON_AUTH_SERVER_UNREACHABLE] = {"auth-server-unreachable",
                                        N_("The gateway cannot reach its user database"),
                                        N_("Your password may be right. Try later or tell the "
                                           "administrator."),
                                        EXIT_AUTH_REFUSED, TRUE},
    [REASON_SECRETS_NO_AGENT] =
        {"secrets-no-agent", N_("Nobody could be asked for the password"),
         N_("Connect from coatictl or the app, or store the password in the "
            "profile."),
         EXIT_AUTH_REFUSED, FALSE},
    [REASON_SECRETS_CANCELLED] = {"secrets-cancelled", N_("The password question was cancelled"),
                                  "", EXIT_CANCELLED, FALSE},
    [REASON_SECRETS_TIMEOUT] = {"secrets-timeout",
                                N_("The password question was not answered in time"),
                                N_("Connect again when you are ready to answer."), EXIT_TIMEOUT,
                                FALSE},
    [REASON_CONFIG_REFUSED] = {"config-refused", N_("The gateway sent no usable settings"),
                               N_("Tell the administrator; the details name the setting."),
                               EXIT_NO_ADDRESS, FALSE},
    [REASON_NO_ADDRESS] =
        {"no-address", N_("The gateway gave no address"),
         N_("Its address pool may be used up: try later or tell the administrator."),
         EXIT_NO_ADDRESS, TRUE},
    [REASON_ESP_PROPOSAL_REJECTED] =
        {"esp-proposal-rejected", N_("The gateway accepts none of the offered traffic algorithms"),
         N_("Set the gateway's ESP algorithms and PFS group in the profile."), EXIT_PROPOSAL,
         FALSE},
    [REASON_SELECTORS_REFUSED] =
        {"selectors-refused", N_("The gateway refused the networks that were asked for"),
         N_("Set the gateway's networks as remote networks in the profile."), EXIT_ACTIVATION,
         FALSE},
    [REASON_POLICY_REJECTED] = {"policy-rejected",
                                N_("The gateway asked for something not allowed"),
                                N_("The details name it; ask the administrator."), EXIT_ACTIVATION,
                                FALSE},
    [REASON_NOT_AUTHORIZED] = {"not-authorized", N_("You may not do this"),
                               N_("Ask an administrator of this computer."), EXIT_NOT_AUTHORIZED,
                               FALSE},
    [REASON_DATAPLANE_UNAVAILABLE] =
        {
            "dataplane-unavailable", N_("This computer cannot carry the tunnel's packets"),
            N_("The details name what is missing. In userspace it is the TUN device: load the "
               "kernel module tun, or give the container /dev/net/tun. With esp.plane=kernel it "
               "is the kernel's own IPsec."),
            EXIT_DATAPLANE, FALSE},
    [REASON_INTERFACE_FAILED] =
        {
            "interface-failed", N_("Addresses or routes of the tunnel could not be set"),
            N_("The details name the address or route; another program may hold "
               "it."),
            EXIT_DATAPLANE, FALSE},
    [REASON_DNS_FAILED] = {"dns-failed", N_("Name servers of the tunnel could not be set"),
                           N_("The details name the service that refused."), EXIT_DATAPLANE, FALSE},
    [REASON_PROFILE_INVALID] = {"profile-invalid", N_("The profile is not complete or not valid"),
                                N_("The details name the field; mend it and try again."),
                                EXIT_USAGE, FALSE},
    [REASON_PEER_DELETED] = {"peer-deleted", N_("The gateway closed the connection"),
                             N_("Connect again; if it happens at once, ask the administrator."),
                             EXIT_ACTIVATION, TRUE},
    [REASON_PEER_DEAD] = {"peer-dead", N_("The gateway stopped answering"),
                          N_("Connecting again starts by itself."), EXIT_UNREACHABLE, TRUE},
    [REASON_REDIRECTED] = {"redirected", N_("The gateway sends this computer to another one"),
                           N_("That is followed five times. Tell the administrator: the gateways "
                              "send clients to each other."),
                           EXIT_UNREACHABLE, TRUE},
    [REASON_REKEY_FAILED] = {"rekey-failed", N_("The keys could not be renewed"),
                             N_("Connecting again starts by itself."), EXIT_ACTIVATION, TRUE},
    [REASON_NETWORK_CHANGED] = {"network-changed", N_("This computer changed to another network"),
                                "", EXIT_UNREACHABLE, TRUE},
    [REASON_SUSPENDED] = {"suspended", N_("This computer went to sleep"), "", EXIT_UNREACHABLE,
                          TRUE},
    [REASON_SHUTDOWN] = {"shutdown", N_("The VPN service is stopping"), "", EXIT_NO_SERVICE, TRUE},
    [REASON_ENGINE_CRASHED] = {"engine-crashed", N_("The protocol process ended unexpectedly"),
                               N_("Connecting again starts by itself; please send a report."),
                               EXIT_ACTIVATION, TRUE},
    [REASON_INTERNAL] = {"internal", N_("An internal error happened"), N_("Please send a report."),
                         EXIT_UNKNOWN, FALSE},
};

const char *
reason_token(Reason reason)
{
    return rows[reason].token;
}

const char *
reason_title(Reason reason)
{
    return rows[reason].title;
}

const char *
reason_hint(Reason reason)
{
    return rows[reason].hint;
}

ExitCode
reason_exit_code(Reason reason)
{
    return rows[reason].exit_code;
}

gboolean
reason_is_transient(Reason reason)
{
    return rows[reason].is_transient;
}

gboolean
reason_find(const char *token, Reason *ret_reason)
{
    for (gint i = 0; i < REASON_COUNT; i++)
        if (strcmp(rows[i].token, token) == 0) {
            *ret_reason = (Reason)i;
            return TRUE;
        }
    return FALSE;
}
