"""Kinds of images that a group may be named after, each with phrases that describe such an image."""

from __future__ import annotations

from collections.abc import Mapping

_KINDS = """
receipt: a photo of a receipt; a shop receipt
invoice: an invoice; a bill from a company
bank statement: a bank statement
prescription: a medical prescription
form: a form to fill in; a paper form
letter: a letter; a typed business letter
document page: a page of text; a scanned page of a paper
book page: a page of a book
newspaper: a newspaper page
certificate: a certificate
contract: a signed contract
handwritten note: a handwritten note; handwriting on paper
whiteboard: a whiteboard with notes; a blackboard
identity card: an identity card; a passport
business card: a business card
ticket: a ticket; a boarding pass
calendar: a calendar
menu: a restaurant menu
sheet music: sheet music
slide: a presentation slide; a lecture slide
chart: a chart; a graph of data
table: a table of numbers; a spreadsheet
diagram: a diagram; a flowchart
technical drawing: a technical drawing; a schematic
floor plan: a floor plan
map: a map; a street map
QR code: a QR code; a barcode
logo: a logo; an app icon
poster: a poster; an advertisement
book cover: a book cover
meme: a meme; a funny picture with a caption
comic: a comic strip; a comic with speech bubbles
drawing: a drawing; a pencil sketch
painting: a painting
illustration: an illustration; digital art
anime picture: an anime picture
pattern: an abstract pattern; a texture
3D rendering: a 3D rendering
chat screenshot: a screenshot of a chat; a messenger conversation
social media post: a screenshot of a social media post; a tweet
email screenshot: a screenshot of an email
phone screenshot: a screenshot of a phone; a mobile app
desktop screenshot: a screenshot of a computer desktop; a desktop with windows
settings window: a screenshot of a settings window; a dialog box with buttons
web page: a screenshot of a web page; a website
dashboard: a screenshot of a dashboard
code screenshot: a screenshot of source code; a code editor
terminal screenshot: a screenshot of a terminal; a command line
game screenshot: a screenshot of a video game; gameplay
video call: a screenshot of a video call
film still: a still from a film
X-ray: an X-ray image
satellite image: a satellite image; an aerial photo
space photo: a photo of stars and planets
microscope image: a microscope image
selfie: a selfie; a portrait of a person
group photo: a group of people; a crowd
photo of people: a photo of a person; people outdoors
photo of children: a photo of a child; a baby
wedding photo: a wedding photo
concert photo: a photo of a concert
sport photo: a photo of sport; athletes in a match
pet photo: a photo of a pet; a photo of a dog or a cat
animal photo: a photo of a wild animal; a photo of an animal
bird photo: a photo of a bird
insect photo: a photo of an insect
fish photo: a photo of a fish; an underwater photo
flower photo: a photo of a flower; a photo of a plant
food photo: a photo of food; a plate of food
landscape photo: a photo of a landscape; a photo of mountains or a beach
night photo: a photo at night
snow photo: a photo of snow
building photo: a photo of a building; a city street
room photo: a photo of a room; a furnished room
vehicle photo: a photo of a vehicle; a photo of a car
aircraft photo: a photo of an airplane
ship photo: a photo of a ship; a photo of a boat
product photo: a product on a white background; an item for sale
clothing photo: a photo of clothes
tool photo: a photo of a tool; a piece of equipment
device photo: a photo of an electronic device
furniture photo: a photo of furniture
toy photo: a photo of a toy
instrument photo: a photo of a musical instrument
"""

KINDS: Mapping[str, tuple[str, ...]] = {
    name: tuple(phrases.split("; "))
    for name, _, phrases in (line.partition(": ") for line in _KINDS.split("\n") if line)
}
"""The phrases of each kind."""
